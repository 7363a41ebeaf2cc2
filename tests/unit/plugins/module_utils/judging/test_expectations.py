# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._inventory import Device, Inventory
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._neuron_ls import parse_neuron_ls
from ansible_collections.accelerated.nodes.plugins.module_utils.accelerators._nvidia_smi import parse_nvidia_smi
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._comparisons import same_model
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._expectations import Expectation, expectation, judge
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._failures import explain_failure
from ansible_collections.accelerated.nodes.plugins.module_utils.judging._findings import ERROR, WARNING

FIXTURES = Path(__file__).parents[3] / "fixtures"
GPU = "karpenter.k8s.aws/instance-gpu-"
ACCELERATOR = "karpenter.k8s.aws/instance-accelerator-"


# What a healthy GPU says in the fields that must be there, with driver 580.
ANY = {
    "mig_mode.current_mig": "N/A",
    "mig_mode.pending_mig": "N/A",
    "compute_mode": "Default",
    "ecc_mode.current_ecc": "Enabled",
    "ecc_mode.pending_ecc": "Enabled",
    "ecc_errors.volatile.sram_uncorrectable_parity": "0",
    "ecc_errors.volatile.sram_uncorrectable_secded": "0",
    "ecc_errors.volatile.dram_uncorrectable": "0",
    "gpu_recovery_action": "None",
}
TURING = {**ANY, "retired_pages.pending_retirement": "No", "remapped_rows": "N/A"}
HOPPER = {
    **ANY,
    "mig_mode.current_mig": "Disabled",
    "mig_mode.pending_mig": "Disabled",
    "ecc_errors.aggregate.sram_threshold_exceeded": "No",
    "ecc_errors.channel_repair_pending": "No",
    "ecc_errors.tpc_repair_pending": "No",
    "remapped_rows.remapped_row_pending": "No",
    "remapped_rows.remapped_row_failure": "No",
    "fabric.state": "Completed",
    "fabric.status": "Success",
}


def gpu(base=None, **changes) -> Device:
    facts = {key: text for key, text in {**(TURING if base is None else base), **changes.pop("facts", {})}.items() if text is not None}
    device = Device(index=0, uuid="GPU-1", model="Tesla T4", memory_mib=15360, bus_id="0000:00:1e.0", ecc="enabled", facts=facts)
    return replace(device, **changes)


def inventory(*devices: Device, **changes) -> Inventory:
    return replace(Inventory("nvidia-smi", devices, "580.126.09", "13.0", announced=len(devices)), **changes)


def checks(found) -> list[str]:
    return [each.check for each in found]


T4 = expectation("g4dn.xlarge", {})


def test_expectation_of_a_known_type_comes_from_the_table():
    assert (T4.accelerator, T4.count, T4.model, T4.memory_mib, T4.source) == ("nvidia", 1, "Tesla T4", 15360, "instance type")
    trainium = expectation("trn2.48xlarge", {})
    assert (trainium.accelerator, trainium.count, trainium.cores, trainium.model) == ("neuron", 16, 8, None)


def test_expectation_of_an_unknown_type_comes_from_karpenters_labels():
    labels = {GPU + "manufacturer": "nvidia", GPU + "name": "rtx-pro-server-6000", GPU + "count": "2", GPU + "memory": "98304"}
    found = expectation("g99.metal", labels)
    assert (found.count, found.model, found.memory_mib, found.source) == (2, "rtx pro server 6000", 98304, "labels")
    found = expectation("trn9.48xlarge", {ACCELERATOR + "manufacturer": "aws", ACCELERATOR + "count": "64"})
    assert (found.accelerator, found.count, found.memory_mib) == ("neuron", 64, None)


@pytest.mark.parametrize("count", ["0", "", "many", "-1", "9" * 20])
def test_expectation_by_a_count_that_promises_nothing_is_unknown(count):
    found = expectation("g99.metal", {GPU + "manufacturer": "nvidia", GPU + "count": count})
    assert found.accelerator == "nvidia"
    assert not found.known


@pytest.mark.parametrize(
    ("instance_type", "labels"),
    [
        ("m5.large", {}),
        ("", {}),
        ("g4ad.xlarge", {}),
        ("dl1.24xlarge", {}),
        ("dl9.24xlarge", {GPU + "manufacturer": "habana", GPU + "count": "8"}),
    ],
)
def test_expectation_of_other_nodes_is_no_accelerator_of_ours(instance_type, labels):
    assert expectation(instance_type, labels).accelerator == ""


def test_judge_refuses_what_nothing_is_known_about():
    with pytest.raises(ValueError, match="nothing is known"):
        judge(inventory(gpu()), Expectation("g99.metal", "nvidia"))


@pytest.mark.parametrize(
    ("name", "instance_type"),
    [
        ("g4dn_xlarge_driver_580", "g4dn.xlarge"),
        ("g5_xlarge_driver_535", "g5.xlarge"),
        ("driver_610", "g6.xlarge"),
        ("volta_driver_470", "p3.2xlarge"),
    ],
)
def test_judge_passes_healthy_gpus(name, instance_type):
    text = (FIXTURES / f"nvidia_smi_{name}.xml").read_text()
    assert judge(parse_nvidia_smi(text), expectation(instance_type, {})) == ()


@pytest.mark.parametrize(
    ("name", "instance_type"),
    [("trn1_2xlarge", "trn1.2xlarge"), ("inf2_48xlarge_2_34", "inf2.48xlarge"), ("trn2_3xlarge_lnc2", "trn2.3xlarge")],
)
def test_judge_passes_healthy_neuron_devices(name, instance_type):
    text = (FIXTURES / f"neuron_ls_{name}.json").read_text()
    assert judge(parse_neuron_ls(text), expectation(instance_type, {})) == ()


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"model": "Tesla T4G"}, "model"),
        ({"model": ""}, "model"),
        ({"memory_mib": 13000}, "memory"),
        ({"memory_mib": None}, "memory"),
        ({"uuid": ""}, "uuid"),
        ({"facts": {"compute_mode": "Prohibited"}}, "compute mode"),
        ({"facts": {"gpu_recovery_action": "Drain and Reset"}}, "recovery action"),
        ({"facts": {"gpu_reset_status.reset_required": "Yes"}}, "reset"),
        ({"facts": {"remapped_rows.remapped_row_failure": "Yes"}}, "row remapping"),
        ({"facts": {"remapped_rows.remapped_row_pending": "Yes"}}, "row remapping"),
        ({"facts": {"retired_pages.pending_retirement": "Yes"}}, "page retirement"),
        ({"facts": {"ecc_errors.channel_repair_pending": "Yes"}}, "memory repair"),
        ({"facts": {"ecc_errors.unrepairable_memory": "Yes"}}, "unrepairable memory"),
        ({"facts": {"ecc_errors.aggregate.sram_threshold_exceeded": "Yes"}}, "ECC error threshold"),
        ({"facts": {"ecc_errors.volatile.dram_uncorrectable": "1"}}, "uncorrectable ECC errors"),
        ({"facts": {"ecc_errors.volatile.sram_uncorrectable_parity": "4"}}, "uncorrectable ECC errors"),
        ({"facts": {"ecc_errors.volatile.double_bit.total": "10"}}, "uncorrectable ECC errors"),
        ({"facts": {"fabric.state": "In Progress"}}, "fabric"),
        ({"facts": {"mig_mode.current_mig": "Enabled"}}, "MIG mode"),
        ({"facts": {"ecc_mode.current_ecc": "Enabled", "ecc_mode.pending_ecc": "Disabled"}}, "ECC mode change"),
        ({"facts": {"temperature.gpu_temp": "[GPU requires reset]"}}, "readable"),
        ({"facts": {"utilization.gpu_util": "Unknown Error"}}, "readable"),
        ({"facts": {"performance_state": "GPU is lost"}}, "readable"),
    ],
)
def test_judge_finds(changes, check):
    found = judge(inventory(gpu(**changes)), T4)
    assert checks(found) == [check]
    assert found[0].next_step.endswith(".")


@pytest.mark.parametrize("memory", [14000, 15109, 15360, 16384])
def test_judge_allows_for_what_ecc_and_driver_keep(memory):
    assert judge(inventory(gpu(memory_mib=memory)), T4) == ()


@pytest.mark.parametrize("text", ["N/A", "[N/A]", "Requested functionality has been deprecated", "Not Supported", ""])
def test_judge_takes_no_value_for_not_applicable(text):
    paths = ("gpu_recovery_action", "fabric.state", "fabric.status", "utilization.gpu_util", "mig_mode.current_mig", "fan_speed")
    assert judge(inventory(gpu(facts=dict.fromkeys(paths, text))), T4) == ()


def test_judge_counts():
    four = expectation("g4dn.12xlarge", {})
    devices = [gpu(index=each, uuid=f"GPU-{each}", bus_id=f"0000:00:1{each}.0") for each in range(4)]
    assert judge(inventory(*devices), four) == ()
    (found,) = judge(inventory(*devices[:3]), four)
    assert (found.check, found.found) == ("count", "3")
    assert checks(judge(inventory(), four)) == ["count"]
    assert checks(judge(inventory(*devices, announced=5), four)) == ["complete output"]
    assert checks(judge(inventory(*devices[:3], devices[2]), four)) == ["unique uuid", "unique bus_id", "unique index"]


def test_judge_of_ecc_errors_names_the_device():
    text = (FIXTURES / "nvidia_smi_g5_12xlarge_ecc_errors.xml").read_text()
    found = judge(parse_nvidia_smi(text), expectation("g5.12xlarge", {}))
    assert {each.device for each in found} == {"device 0 (0000:00:1b.0)"}
    errors = [each for each in found if each.severity == ERROR]
    assert checks(errors) == ["uncorrectable ECC errors", "row remapping"]
    assert [each.remedy.action for each in errors] == ["reset", "reset"]
    # What the GPU has had in all its life is told beside what it has now.
    assert checks(set(found) - set(errors)) == ["uncorrectable ECC errors"]


WARNINGS = [
    ("clocks_event_reasons.clocks_event_reason_hw_power_brake_slowdown", "Active", "clocks"),
    ("clocks_throttle_reasons.clocks_throttle_reason_hw_slowdown", "Active", "clocks"),
    ("persistence_mode", "Disabled", "persistence mode"),
    ("ecc_errors.aggregate.sram_uncorrectable_parity", "2", "uncorrectable ECC errors"),
    ("ecc_errors.aggregate.double_bit.total", "1", "uncorrectable ECC errors"),
]


@pytest.mark.parametrize(("path", "text", "check"), WARNINGS)
def test_judge_warns_of_what_does_not_keep_a_gpu_from_working(path, text, check):
    (found,) = judge(inventory(gpu(facts={path: text})), T4)
    assert (found.check, found.severity) == (check, WARNING)


@pytest.mark.parametrize("text", ["Not Active", "N/A"])
def test_judge_does_not_warn_of_clocks_that_are_free_or_of_an_idle_gpu(text):
    facts = {
        "clocks_event_reasons.clocks_event_reason_hw_slowdown": text,
        "clocks_event_reasons.clocks_event_reason_gpu_idle": "Active",
        "persistence_mode": "Enabled",
        "ecc_errors.aggregate.sram_correctable": "12",
    }
    assert judge(inventory(gpu(facts=facts)), T4) == ()


def hopper(**facts) -> Inventory:
    gpus = [
        gpu(
            HOPPER,
            index=each,
            uuid=f"GPU-{each}",
            bus_id=f"0000:00:1{each}.0",
            model="NVIDIA H100 80GB HBM3",
            memory_mib=81559,
            facts=facts,
        )
        for each in range(8)
    ]
    return inventory(*gpus)


NO_FABRIC = {"fabric.state": None, "fabric.status": None}


@pytest.mark.parametrize(
    ("driver", "facts", "expected"),
    [
        ("580.1", {"fabric.health.summary": "Healthy"}, set()),
        ("580.1", {"fabric.health.summary": "N/A"}, set()),
        # A driver that is too old to print the fabric's state, and one that is not.
        ("525.105.17", NO_FABRIC, set()),
        ("580.1", NO_FABRIC, {"fabric"}),
        ("580.1", {"fabric.state": "N/A", "fabric.status": "N/A"}, {"fabric"}),
        ("580.1", {"fabric.state": "In Progress", "fabric.status": "N/A"}, {"fabric"}),
        ("580.1", {"fabric.health.summary": "Unhealthy"}, {"fabric health"}),
        ("580.1", {"fabric.health.route_unhealthy": "True"}, {"fabric health"}),
        ("580.1", {"fabric.health.route_unhealthy": "False"}, set()),
    ],
)
def test_judge_of_the_fabric_of_a_type_that_has_one(driver, facts, expected):
    assert set(checks(judge(replace(hopper(**facts), driver_version=driver), expectation("p5.48xlarge", {})))) == expected


def test_judge_asks_no_fabric_of_gpus_that_do_not_register_with_one():
    """An A100 says N/A behind its switches too."""
    assert not expectation("p4d.24xlarge", {}).fabric
    assert judge(inventory(gpu(facts={"fabric.state": "N/A"})), T4) == ()


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ("[1, 5]", set()),
        ("[1]", {"links"}),
        ("null", {"links"}),
        ("[1, 1]", {"links"}),
        # To itself, or to a device that is not there, is no link.
        ("[0, 1]", {"links"}),
        ("[1, 77]", {"links"}),
        (None, {"links"}),
    ],
)
def test_judge_of_links_between_neuron_devices(links, expected):
    around = [f"[{(each - 1) % 6}, {(each + 1) % 6}]" for each in range(6)]
    devices = [
        Device(index=each, memory_mib=32768, cores=2, bus_id=f"0000:00:0{each}.0", facts={"connected_to": around[each]})
        for each in range(6)
    ]
    devices[0] = replace(devices[0], facts={"connected_to": links} if links else {})
    found = judge(Inventory("neuron-ls", tuple(devices)), expectation("inf2.24xlarge", {}))
    assert set(checks(found)) == expected


def test_judge_of_a_mig_instances_errors():
    text = (FIXTURES / "nvidia_smi_mig.xml").read_text()
    found = judge(parse_nvidia_smi(text), replace(expectation("p4d.24xlarge", {}, {"mig": True}), count=1))
    assert checks(found) == ["uncorrectable ECC errors"]
    assert "mig_device[1]" in found[0].found


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"driver_version": "580"}, []),
        ({"driver_version": "580.126.10"}, ["driver version"]),
        ({"cuda_version": "12.8"}, []),
        ({"cuda_version": "13.1"}, ["CUDA version"]),
        ({"ecc": False}, ["ECC mode"]),
        ({"ecc": None, "cuda_version": None}, []),
        ({"mig": True}, ["MIG mode"]),
    ],
)
def test_judge_holds_it_against_what_the_user_expects(wishes, expected):
    assert checks(judge(inventory(gpu()), expectation("g4dn.xlarge", {}, wishes))) == expected


def test_judge_of_neuron_cores_and_instance_type():
    device = Device(index=0, memory_mib=32768, cores=1, bus_id="0000:00:1e.0")
    found = judge(Inventory("neuron-ls", (device,), instance_type="inf2.xlarge"), expectation("trn1.2xlarge", {}))
    assert checks(found) == ["instance type", "cores"]


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ("Tesla T4", "t4", True),
        ("NVIDIA T4G", "t4", False),
        ("NVIDIA L40S", "l4", False),
        ("NVIDIA L4-3Q", "NVIDIA L4", False),
        ("NVIDIA L4-3Q", "NVIDIA L4-3Q", True),
        ("NVIDIA L4-6Q", "NVIDIA L4-3Q", False),
        ("A100-SXM4-40GB", "NVIDIA A100-SXM4-40GB", True),
        ("NVIDIA A100-SXM4-80GB", "NVIDIA A100-SXM4-40GB", False),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx pro server 6000", True),
        ("", "t4", False),
    ],
)
def test_same_model_by_whole_words(found, expected, same):
    assert same_model(found, expected) is same


@pytest.mark.parametrize(
    ("exit_code", "log", "says"),
    [
        (9, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "driver is not loaded"),
        (18, "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.124", "different versions"),
        (15, "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.", "fallen off the bus"),
        (6, "No devices were found", "no usable GPU"),
        (0, "No devices were found", "no usable GPU"),
        (1, 'level=fatal msg="x" error="failed to discover Neuron devices"\nunknown option: --output-format', "shows no device"),
        (127, "", "no such tool"),
        (128, 'exec: "nvidia-smi": executable file not found in $PATH', "no such tool"),
        (137, "", "killed"),
        (77, "", "exit code 77: the tool failed"),
        (77, "boo\nfar", "it said: boo"),
        (None, "", "the tool failed"),
    ],
)
def test_explain_failure_by_text_then_by_exit_code(exit_code, log, says):
    found = explain_failure(exit_code, log)
    assert says in found.found
    assert found.next_step


LABELS = {GPU + "manufacturer": "nvidia", GPU + "name": "t4", GPU + "count": "1", GPU + "memory": "16384"}


def test_expectation_of_labels_that_agree_is_the_tables():
    assert expectation("g4dn.xlarge", LABELS) == T4
    # Karpenter promises no share of a GPU, and labels it with 0.
    shared = {**LABELS, GPU + "name": "l4", GPU + "count": "0", GPU + "memory": "2861"}
    assert expectation("g6f.large", shared) == expectation("g6f.large", {})


@pytest.mark.parametrize(
    ("changes", "attribute", "value", "fact"),
    [
        ({GPU + "count": "2"}, "count", 2, "count"),
        ({GPU + "name": "a10g"}, "model", "a10g", "model"),
        ({GPU + "memory": "24576"}, "memory_mib", 24576, "memory_mib"),
    ],
)
def test_expectation_takes_the_clusters_word_and_keeps_the_disagreement(changes, attribute, value, fact):
    found = expectation("g4dn.xlarge", {**LABELS, **changes})
    assert getattr(found, attribute) == value
    ((said, _table, cluster, source),) = found.disagreements
    assert (said, cluster, source) == (fact, value, "the Node's labels")
    (warning,) = [each for each in judge(inventory(gpu()), found) if each.severity == WARNING]
    assert warning.check.startswith("promised ")
    assert "by the table, g4dn.xlarge" in warning.expected and "the Node's labels" in warning.found


@pytest.mark.parametrize(
    ("labels", "promised", "requestable", "disagrees"),
    [
        ({}, {}, 1, False),
        ({}, {"nvidia.com/gpu": 1}, 1, False),
        # A NodeOverlay has changed the capacity; a plugin shares each GPU four times, which Karpenter does not know.
        ({}, {"nvidia.com/gpu": 4}, 4, True),
        ({"nvidia.com/gpu.replicas": "4"}, {"nvidia.com/gpu": 1}, 4, False),
        # Overlay and plugin agree; then they do not.
        ({"nvidia.com/gpu.replicas": "4"}, {"nvidia.com/gpu": 4}, 4, False),
        ({"nvidia.com/gpu.replicas": "4"}, {"nvidia.com/gpu": 3}, 3, True),
        ({"nvidia.com/gpu.replicas": "many"}, {}, 1, False),
    ],
)
def test_expectation_of_what_pods_can_request(labels, promised, requestable, disagrees):
    found = expectation("g4dn.xlarge", labels, promised=promised)
    assert (found.count, found.requestable, bool(found.disagreements)) == (1, requestable, disagrees)


def test_expectation_of_a_type_that_only_its_nodeclaim_knows():
    found = expectation("trn9.48xlarge", {}, promised={"aws.amazon.com/neuron": 64})
    assert (found.accelerator, found.count, found.source) == ("neuron", 64, "the NodeClaim's capacity")


def test_expectation_is_the_users_in_the_end():
    wishes = {"count": 7, "model": "h100", "memory_mib": 1000, "cores": None, "fabric": True}
    found = expectation("g4dn.xlarge", LABELS, wishes)
    assert (found.count, found.requestable, found.model, found.memory_mib, found.fabric, found.source) == (
        7,
        7,
        "h100",
        1000,
        True,
        "expect",
    )


@pytest.mark.parametrize(
    ("wanted", "expected"), [({"1g.10gb": 2}, []), ({"1g.10gb": 7}, ["MIG devices"]), ({"3g.40gb": 2}, ["MIG devices"])]
)
def test_judge_of_the_mig_devices_that_the_user_expects(wanted, expected):
    divided = {"mig_mode.current_mig": "Enabled", "mig_mode.pending_mig": "Enabled"}
    sizes = {"mig_devices.mig_device.fb_memory_usage.total": "9856 MiB", "mig_devices.mig_device[1].fb_memory_usage.total": "9984 MiB"}
    wishes = {"mig": True, "mig_devices": wanted, "count": 1, "fabric": False}
    device = gpu(HOPPER, model="NVIDIA H100 80GB HBM3", memory_mib=81559, facts={**divided, **sizes})
    found = expectation("p5.48xlarge", {}, wishes)
    assert checks(judge(inventory(device), found)) == expected
    assert found.requestable == sum(wanted.values())


def test_judge_of_gpus_that_are_not_alike():
    four = expectation("g4dn.12xlarge", {})
    devices = [
        gpu(index=each, uuid=f"GPU-{each}", bus_id=f"0000:00:1{each}.0", facts={"vbios_version": f"90.{each // 3}"}) for each in range(4)
    ]
    (found,) = judge(inventory(*devices), four)
    assert (found.check, found.found, found.severity) == ("one VBIOS", "90.0, 90.1", WARNING)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"temperature.gpu_temp": "95 C", "temperature.gpu_temp_slow_threshold": "93 C"}, ["temperature"]),
        ({"temperature.gpu_temp": "30 C", "temperature.gpu_temp_slow_threshold": "93 C"}, []),
        ({"temperature.gpu_temp_tlimit": "-3 C", "temperature.gpu_temp_slow_tlimit_threshold": "-2 C"}, ["temperature"]),
        ({"temperature.gpu_temp_tlimit": "49 C", "temperature.gpu_temp_slow_tlimit_threshold": "-2 C"}, []),
        ({"temperature.gpu_temp": "N/A", "temperature.gpu_temp_slow_threshold": "93 C"}, []),
        ({"gpu_power_readings.current_power_limit": "50.00 W", "gpu_power_readings.default_power_limit": "70.00 W"}, ["power limit"]),
        ({"power_readings.power_limit": "70.00 W", "power_readings.default_power_limit": "70.00 W"}, []),
        ({"remapped_rows.row_remapper_histogram.row_remapper_histogram_none": "1 bank(s)"}, ["spare rows"]),
        ({"compute_mode": "Exclusive_Process"}, ["compute mode"]),
    ],
)
def test_judge_warns_of_a_device_beyond_its_limits(facts, expected):
    found = judge(inventory(gpu(facts=facts)), T4)
    assert (checks(found), {each.severity for each in found}) == (expected, {WARNING} if expected else set())


@pytest.mark.parametrize(
    ("facts", "action"),
    [
        ({"gpu_recovery_action": "Reboot"}, "reboot"),
        ({"gpu_recovery_action": "Drain P2P"}, "reset"),
        ({"fan_speed": "GPU is lost"}, "replace"),
        ({"fan_speed": "[Unknown Error]"}, "reset"),
        ({"serial": "caf\ufffd"}, "watch"),
        ({"compute_mode[1]": "Prohibited"}, "repair_software"),
    ],
)
def test_judge_names_the_action(facts, action):
    (found,) = judge(inventory(gpu(facts=facts)), T4)
    assert (found.severity, found.remedy.action) == (ERROR, action)


@pytest.mark.parametrize(
    ("driver", "expected"), [("390.46", []), ("9.1", ["driver version"]), ("", ["driver version"]), ("new", ["driver version"])]
)
def test_judge_takes_no_version_that_there_cannot_be(driver, expected):
    """What must be said goes by the driver, so a version that is damaged must not make less of it."""
    assert checks(judge(inventory(gpu(), driver_version=driver), T4)) == expected


def test_judge_takes_no_list_without_the_number_of_gpus():
    assert checks(judge(inventory(gpu(), announced=None), T4)) == ["complete output"]
    assert checks(judge(inventory(gpu(), cuda_version=""), T4)) == ["CUDA version"]
