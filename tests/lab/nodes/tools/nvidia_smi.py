"""nvidia-smi, simulated: its output for given GPUs, in the format of a driver: 470 (DTD v11), 535 and 555 (v12), 580 and 610 (v13).

The shape follows public captures of the real tool (structure only; the values are the lab's own). Memory, names and
architectures come from ``facts``. What a healthy idle GPU shows is a table here; faults change single cells of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from ..facts import Device
from .output import HEALTHY, Conditions, Output

Tree = dict[str, "Tree | str"]

NA = "N/A"
DEPRECATED = "Requested functionality has been deprecated"


@dataclass(frozen=True)
class Driver:
    """A driver version and the generation of the XML document that it writes."""

    version: str
    cuda: str
    dtd: int

    @property
    def major(self) -> int:
        """The branch, such as 580."""
        return int(self.version.partition(".")[0])


#: Versions that EKS AMIs shipped (public reports of Bottlerocket's and AL2023's driver updates).
DRIVER_580 = Driver("580.126.09", "13.0", 13)
DRIVER_535 = Driver("535.230.02", "12.2", 12)
#: The oldest and the newest document that a parser meets, and the one whose SRAM errors were the first to be split.
DRIVER_470 = Driver("470.256.02", "11.4", 11)
DRIVER_555 = Driver("555.42.06", "12.5", 12)
DRIVER_610 = Driver("610.57.04", "13.3", 13)
DRIVERS = (DRIVER_470, DRIVER_535, DRIVER_555, DRIVER_580, DRIVER_610)

#: Power limit in W by a word of the product name, from public captures; boards not listed show 300 W.
POWER_LIMIT = {
    "T4": 70,
    "T4G": 70,
    "L4": 72,
    "A10G": 300,
    "V100": 300,
    "A100": 400,
    "L40S": 350,
    "H100": 700,
    "H200": 700,
    "B200": 1000,
    "B300": 1100,
    "4500": 165,
    "6000": 600,
}

#: PCI device identifiers (device, then NVIDIA's vendor id) by a word of the product name; others show zeros.
PCI_DEVICE = {
    "T4": "1EB810DE",
    "A10G": "223710DE",
    "L4": "27B810DE",
    "L40S": "26B910DE",
    "V100": "1DB110DE",
    "A100": "20B010DE",
    "H100": "233010DE",
    "H200": "233510DE",
}

#: Architectures that retire pages; newer ones remap rows instead.
RETIRES_PAGES = {"Maxwell", "Volta", "Turing"}

#: Architectures whose ECC errors are counted by bits.
SINGLE_AND_DOUBLE_BIT = {"Maxwell", "Volta"}

#: Architectures whose temperature limits are absolute with any driver.
ABSOLUTE_LIMITS = {"Maxwell", "Volta", "Turing", "Ampere"}

_CLOCK_REASONS = (
    "gpu_idle",
    "applications_clocks_setting",
    "sw_power_cap",
    "hw_slowdown",
    "hw_thermal_slowdown",
    "hw_power_brake_slowdown",
    "sync_boost",
    "sw_thermal_slowdown",
    "display_clocks_setting",
)
_CLOCK_COUNTERS = ("sw_power_cap", "sync_boost", "sw_therm_slowdown", "hw_therm_slowdown", "hw_power_brake")
_VOLTA_CELLS = ("device_memory", "register_file", "l1_cache", "l2_cache", "texture_memory", "texture_shm", "cbu", "total")
_ECC_SOURCES = ("sram_l2", "sram_sm", "sram_microcontroller", "sram_pcie", "sram_other")
_HEALTH = ("summary", "bandwidth", "route_recovery_in_progress", "route_unhealthy", "access_timeout_recovery", "incorrect_configuration")


def run(arguments: Sequence[str], gpus: Sequence[Device], conditions: Conditions = HEALTHY) -> Output:
    """What ``nvidia-smi <arguments>`` prints where these GPUs are visible, and its exit code."""
    driver = DRIVER_535 if conditions.has("old-driver") else DRIVER_580
    failure = _failure(gpus, driver, conditions)
    if failure:
        return failure
    return _answer(list(arguments), gpus, driver, conditions)


def _failure(gpus: Sequence[Device], driver: Driver, conditions: Conditions) -> Output | None:
    if conditions.has("driver-mismatch"):
        library = driver.version.rpartition(".")[0]
        return Output(f"Failed to initialize NVML: Driver/library version mismatch\nNVML library version: {library}\n", 18)
    if not gpus:
        return Output("No devices were found\n", 6)
    if conditions.has("gpu-lost"):
        bus = bus_id(gpus[0])[4:]
        return Output(f"Unable to determine the device handle for GPU {bus}: GPU is lost.  Reboot the system to recover this GPU\n", 15)
    return None


def _answer(arguments: list[str], gpus: Sequence[Device], driver: Driver, conditions: Conditions) -> Output:
    query = next((word.partition("=")[2] for word in arguments if word.startswith("--query-gpu=")), None)
    if query is not None:
        return _query(query.split(","), arguments, gpus, driver)
    long = {"--query": "-q", "--xml-format": "-x", "--list-gpus": "-L"}
    flags = {long.get(word, word) for word in arguments}
    if not flags:
        return Output(table(gpus, driver, conditions))
    if flags == {"-L"}:
        return Output(listing(gpus))
    if flags in ({"-q", "-x"}, {"-qx"}):
        return Output(xml(gpus, driver, conditions))
    if flags == {"--version"}:
        return Output(versions(driver))
    return Output("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n", 2)


def versions(driver: Driver) -> str:
    """The lines of ``--version``."""
    return (
        f"NVIDIA-SMI version  : {driver.version}\nNVML version        : {driver.version.rpartition('.')[0]}\n"
        f"DRIVER version      : {driver.version}\nCUDA Version        : {driver.cuda}\n"
    )


def _query(fields: list[str], arguments: list[str], gpus: Sequence[Device], driver: Driver) -> Output:
    shape = next((word.partition("=")[2] for word in arguments if word.startswith("--format=")), "csv").split(",")
    rows = [_cells(gpu, place, len(gpus), driver) for place, gpu in enumerate(gpus)]
    for name in fields:
        if name.strip() not in rows[0]:
            return Output(f'Field "{name.strip()}" is not a valid field to query.\n', 2)
    lines = [] if "noheader" in shape else [", ".join(name.strip() for name in fields)]
    for row in rows:
        cells = [row[name.strip()] for name in fields]
        lines.append(", ".join(cell.removesuffix(" MiB") if "nounits" in shape else cell for cell in cells))
    return Output("\n".join(lines) + "\n")


def _cells(gpu: Device, place: int, count: int, driver: Driver) -> dict[str, str]:
    total = f"{gpu.facts.memory_mib} MiB"
    return {
        "index": str(place),
        "name": gpu.facts.name,
        "gpu_name": gpu.facts.name,
        "uuid": f"GPU-{gpu.uuid}",
        "gpu_uuid": f"GPU-{gpu.uuid}",
        "count": str(count),
        "driver_version": driver.version,
        "memory.total": total,
        "memory.used": "0 MiB",
        "memory.free": total,
        "pci.bus_id": bus_id(gpu),
        "ecc.mode.current": "Enabled",
        "mig.mode.current": _mig(gpu),
        "compute_mode": "Default",
        "persistence_mode": "Enabled",
        "pstate": "P8",
    }


def listing(gpus: Sequence[Device]) -> str:
    """The lines of ``-L``."""
    return "".join(f"GPU {place}: {gpu.facts.name} (UUID: GPU-{gpu.uuid})\n" for place, gpu in enumerate(gpus))


def bus_id(gpu: Device) -> str:
    """A PCI address as EC2 instances have them: one to four GPUs on bus 00 up to 1E, more in pairs on buses of their own."""
    if gpu.facts.devices <= 4:
        return f"00000000:00:{0x1E - gpu.facts.devices + 1 + gpu.index:02X}.0"
    bus = (0x10, 0x20, 0x90, 0xA0)[gpu.index // 2 % 4]
    return f"00000000:{bus:02X}:{0x1C + gpu.index % 2:02X}.0"


def _by_word(words: dict[str, str] | dict[str, int], gpu: Device, default: str | int) -> str | int:
    name = gpu.facts.name.replace("-", " ").split()
    return next((value for word, value in words.items() if word in name), default)


def _mig(gpu: Device) -> str:
    able = {"A100", "H100", "H200", "B200", "B300", "GB200"} & set(gpu.facts.name.replace("-", " ").split())
    return "Disabled" if able else NA


def table(gpus: Sequence[Device], driver: Driver, conditions: Conditions = HEALTHY) -> str:
    """The table that people read; like the real one it cuts names to its column."""
    rule = "+-----------------------------------------+------------------------+----------------------+"
    body = "".join(_table_row(gpu, place, rule, conditions) for place, gpu in enumerate(gpus))
    processes = "".join(
        f"| {line:<87} |\n"
        for line in (
            "Processes:",
            " GPU   GI   CI              PID   Type   Process name                        GPU Memory",
            "       ID   ID                                                               Usage",
        )
    )
    edge = "+" + "-" * 89 + "+"
    return (
        f"{edge}\n| NVIDIA-SMI {driver.version:<22} Driver Version: {driver.version:<14} CUDA Version: {driver.cuda:<8} |\n"
        f"|{rule[1:]}\n| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |\n"
        "| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |\n"
        "|                                         |                        |               MIG M. |\n"
        f"|{'=' * 41}+{'=' * 24}+{'=' * 22}|\n{body}\n{edge}\n{processes}|{'=' * 89}|\n"
        f"|  {'No running processes found':<87}|\n{edge}\n"
    )


def _table_row(gpu: Device, place: int, rule: str, conditions: Conditions) -> str:
    name = gpu.facts.name if len(gpu.facts.name) <= 24 else gpu.facts.name[:24] + "..."
    errors = _uncorrectable(place, conditions)
    power = f"15W / {_by_word(POWER_LIMIT, gpu, 300):>4}W"
    memory = f"0MiB / {gpu.facts.memory_mib:>6}MiB"
    return (
        f"| {place:>3}  {name:<31}On  | {bus_id(gpu):>18} Off | {errors:>20} |\n"
        f"| N/A   30C    P8 {power:>23} | {memory:>22} |      0%      Default |\n"
        f"|                                         |                        | {_mig(gpu):>20} |\n{rule}\n"
    )


def _uncorrectable(place: int, conditions: Conditions) -> str:
    return conditions.argument("ecc-errors", "errors", "2") if conditions.has("ecc-errors") and place == 0 else "0"


def xml(gpus: Sequence[Device], driver: Driver, conditions: Conditions = HEALTHY) -> str:
    """The document of ``-q -x``."""
    root = ElementTree.Element("nvidia_smi_log")
    _fill(
        root,
        {
            "timestamp": "Sun Nov 22 12:00:00 2026",
            **_versions(driver),
            "attached_gpus": str(len(gpus)),
        },
    )
    for place, gpu in enumerate(gpus):
        _fill(ElementTree.SubElement(root, "gpu", id=bus_id(gpu)), gpu_tree(gpu, place, driver, conditions))
    ElementTree.indent(root, "\t")
    return (
        f'<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v{driver.dtd}.dtd">\n'
        + ElementTree.tostring(root, encoding="unicode")
        + "\n"
    )


def _versions(driver: Driver) -> Tree:
    if driver.major < 610:
        return {"driver_version": driver.version, "cuda_version": driver.cuda}
    # The words are those of -q; a capture of the XML was not found.
    going = "[Deprecated; will be removed in CUDA 14.0. Use {} Version instead]"
    return {
        "driver_version": f"{driver.version} {going.format('KMD')}",
        "kmd_version": driver.version,
        "cuda_version": f"{driver.cuda} {going.format('CUDA UMD')}",
        "cuda_umd_version": driver.cuda,
    }


def _fill(parent: ElementTree.Element, tree: Tree) -> None:
    for name, value in tree.items():
        child = ElementTree.SubElement(parent, name)
        if isinstance(value, str):
            child.text = value
        else:
            _fill(child, value)


def _same(names: Sequence[str], value: str, prefix: str = "") -> Tree:
    return {prefix + name: value for name in names}


def gpu_tree(gpu: Device, place: int, driver: Driver, conditions: Conditions) -> Tree:
    """One ``gpu`` element as nested names and texts, in the tool's order."""
    errors = _uncorrectable(place, conditions)
    new = driver.dtd >= 13
    tree: Tree = {
        **_identity(gpu, driver),
        "pci": _pci(gpu, new),
        "fan_speed": NA,
        "performance_state": "P8",
        **_clock_reasons(driver),
        **_memory(gpu),
        "compute_mode": "Default",
        "utilization": _same(("gpu_util", "memory_util", "encoder_util", "decoder_util", "jpeg_util", "ofa_util"), "0 %"),
        "ecc_mode": {"current_ecc": "Enabled", "pending_ecc": "Enabled"},
        "ecc_errors": _ecc(gpu, errors, driver),
        "retired_pages": _retired(gpu, errors),
        "remapped_rows": _remapped(gpu, errors),
        "temperature": _temperature(gpu, new),
        **_power(gpu, driver),
        "clocks": _same(("graphics_clock", "sm_clock", "video_clock"), "300 MHz") | {"mem_clock": "405 MHz"},
        **({"fabric": _fabric(gpu, new, conditions)} if driver.dtd >= 12 else {}),
        "processes": "",
    }
    if place == 0 and conditions.has("gpu-field"):
        set_field(tree, conditions.argument("gpu-field", "path", ""), conditions.argument("gpu-field", "value", ""))
    return tree


def set_field(tree: Tree, path: str, value: str) -> None:
    """Change one text of a tree, which must be there; ``path`` has dots.

    Raises:
        KeyError: this GPU, or this driver, has no such field.
    """
    *groups, name = path.split(".")
    for group in groups:
        tree = tree[group]  # type: ignore[assignment]
    if not isinstance(tree[name], str):
        raise KeyError(path)
    tree[name] = value


def _identity(gpu: Device, driver: Driver) -> Tree:
    metal = gpu.facts.instance_type.endswith(".metal")
    new = driver.dtd >= 13
    reset: Tree = {"gpu_reset_status": {"reset_required": "No", "drain_and_reset_recommended": "No"}} if driver.dtd == 12 else {}
    state: Tree = {"gpu_recovery_action": "None"} if new else reset
    return {
        "product_name": gpu.facts.name,
        "product_brand": "Tesla" if gpu.facts.name.startswith("Tesla V100") else "NVIDIA",
        **({"product_architecture": gpu.facts.architecture} if driver.dtd >= 12 else {}),
        "display_mode": DEPRECATED if new else "Enabled",
        **({"display_attached": "No"} if new else {}),
        "display_active": "Disabled",
        "persistence_mode": "Enabled",
        "addressing_mode": "HMM" if new else "None",
        "mig_mode": {"current_mig": _mig(gpu), "pending_mig": _mig(gpu)},
        "mig_devices": "None",
        "accounting_mode": "Disabled",
        "serial": str(1320000000000 + int(gpu.uuid[:8], 16)),
        "uuid": f"GPU-{gpu.uuid}",
        "minor_number": str(gpu.index),
        "gpu_virtualization_mode": {"virtualization_mode": "None" if metal else "Pass-Through", "host_vgpu_mode": NA},
        **state,
        "gsp_firmware_version": NA if gpu.facts.architecture == "Volta" else driver.version,
    }


def _pci(gpu: Device, new: bool) -> Tree:
    address = bus_id(gpu)
    domain, bus, device = address.partition(".")[0].split(":")
    return {
        "pci_bus": bus,
        "pci_device": device,
        "pci_domain": domain[-4:],
        **({"pci_base_class": "3", "pci_sub_class": "2"} if new else {}),
        "pci_device_id": str(_by_word(PCI_DEVICE, gpu, "000010DE")),
        "pci_bus_id": address,
        "pci_gpu_link_info": {
            "pcie_gen": {
                "max_link_gen": "4",
                "current_link_gen": "1",
                "device_current_link_gen": "1",
                "max_device_link_gen": "4",
                "max_host_link_gen": NA,
            },
            # On virtualised instances the link is narrower than the board's own maximum (real T4 and A10G captures).
            "link_widths": {"max_link_width": "16x", "current_link_width": "8x"},
        },
        "replay_counter": "0",
        "replay_rollover_counter": "0",
    }


def _clock_reasons(driver: Driver) -> Tree:
    word = "event" if driver.dtd >= 12 else "throttle"
    reasons = _same(_CLOCK_REASONS, "Not Active", f"clocks_{word}_reason_")
    tree: Tree = {f"clocks_{word}_reasons": {**reasons, f"clocks_{word}_reason_gpu_idle": "Active"}}
    if driver.dtd >= 13:
        tree["clocks_event_reasons_counters"] = _same(_CLOCK_COUNTERS, "0 us", "clocks_event_reasons_counters_")
    return tree


def _memory(gpu: Device) -> Tree:
    total, reserved = gpu.facts.memory_mib, gpu.facts.memory_mib // 50
    return {
        "fb_memory_usage": {"total": f"{total} MiB", "reserved": f"{reserved} MiB", "used": "0 MiB", "free": f"{total - reserved} MiB"},
        "bar1_memory_usage": {"total": "256 MiB", "used": "2 MiB", "free": "254 MiB"},
        "cc_protected_memory_usage": _same(("total", "used", "free"), "0 MiB"),
    }


def _ecc(gpu: Device, errors: str, driver: Driver) -> Tree:
    if gpu.facts.architecture in SINGLE_AND_DOUBLE_BIT:
        double = {**_same(_VOLTA_CELLS, "0"), "device_memory": errors, "total": errors}
        counts: Tree = {"single_bit": _same(_VOLTA_CELLS, "0"), "double_bit": double}
        return {"volatile": counts, "aggregate": counts}
    split = driver.major >= 555
    sram = ("sram_uncorrectable_parity", "sram_uncorrectable_secded") if split else ("sram_uncorrectable",)
    cells: Tree = {"sram_correctable": "0", **_same(sram, "0"), "dram_correctable": "0", "dram_uncorrectable": errors}
    if not split:
        return {"volatile": cells, "aggregate": cells}
    repair: Tree = {"channel_repair_pending": "No", "tpc_repair_pending": "No", "unrepairable_memory": "No"} if driver.dtd >= 13 else {}
    return {
        "volatile": cells,
        "aggregate": {**cells, "sram_threshold_exceeded": "No"},
        "aggregate_uncorrectable_sram_sources": _same(_ECC_SOURCES, "0"),
        **repair,
    }


def _retired(gpu: Device, errors: str) -> Tree:
    old = gpu.facts.architecture in RETIRES_PAGES
    count, pending = ("0", "No") if old else (NA, NA)
    pages: Tree = {"retired_count": count, "retired_pagelist": "" if old else NA}
    return {
        "multiple_single_bit_retirement": pages,
        "double_bit_retirement": pages,
        "pending_blacklist": pending,
        "pending_retirement": "Yes" if old and errors != "0" else pending,
    }


def _remapped(gpu: Device, errors: str) -> Tree | str:
    if gpu.facts.architecture in RETIRES_PAGES:
        return NA
    bad = errors != "0"
    histogram = _same(("high", "partial", "low", "none"), "0 bank(s)", "row_remapper_histogram_")
    return {
        "remapped_row_corr": "0",
        "remapped_row_unc": "1" if bad else "0",
        "remapped_row_pending": "Yes" if bad else "No",
        "remapped_row_failure": "No",
        "row_remapper_histogram": {"row_remapper_histogram_max": "192 bank(s)", **histogram},
    }


def _temperature(gpu: Device, new: bool) -> Tree:
    if new and gpu.facts.architecture not in ABSOLUTE_LIMITS:
        # Newer boards state their limits as distances to the point where they slow down.
        limits = {"max": "-7 C", "slow": "-2 C", "max_gpu": "0 C", "max_mem": NA}
        return {
            "gpu_temp": "30 C",
            "gpu_temp_tlimit": "57 C",
            "memory_temp": NA,
            **{f"gpu_temp_{name}_tlimit_threshold": value for name, value in limits.items()},
        }
    limits = {"max": "96 C", "slow": "93 C", "max_gpu": "85 C", "max_mem": NA}
    return {
        "gpu_temp": "30 C",
        "gpu_temp_tlimit": NA,
        "memory_temp": NA,
        **{f"gpu_temp_{name}_threshold": value for name, value in limits.items()},
    }


def _power(gpu: Device, driver: Driver) -> Tree:
    limit = f"{_by_word(POWER_LIMIT, gpu, 300)}.00 W"
    if driver.dtd < 12:
        old = _same(("power_limit", "default_power_limit", "enforced_power_limit", "max_power_limit"), limit)
        return {"power_readings": {"power_state": "P8", "power_management": "Supported", "power_draw": "15.20 W", **old}}
    limits = _same(("current_power_limit", "requested_power_limit", "default_power_limit", "max_power_limit"), limit)
    draw: Tree = (
        {"power_state": DEPRECATED, "average_power_draw": "15.20 W", "instant_power_draw": "15.11 W"}
        if driver.dtd >= 13
        else {"power_state": "P8", "power_draw": "15.20 W"}
    )
    return {"gpu_power_readings": {**draw, **limits}}


def _fabric(gpu: Device, new: bool, conditions: Conditions) -> Tree:
    state, status = ("Completed", "Success") if gpu.facts.nvswitch else (NA, NA)
    if gpu.facts.nvswitch and conditions.has("fabric-in-progress"):
        state, status = "In Progress", NA
    tree: Tree = {"state": state, "status": status}
    return {**tree, "cliqueId": NA, "clusterUuid": NA, "health": _same(_HEALTH, NA)} if new else tree
