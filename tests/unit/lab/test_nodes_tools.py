"""The simulated tools, and the small shell that runs them."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.lab.nodes import commands, facts
from tests.lab.nodes.tools import neuron_ls, nvidia_smi
from tests.lab.nodes.tools.output import Conditions, Output

GPUS = facts.devices("g5.48xlarge", "i-0a")
NEURONS = facts.devices("trn1.32xlarge", "i-0b")


def _xml(fault: str = "", instance_type: str = "g5.48xlarge") -> ElementTree.Element:
    conditions = Conditions({fault: {}} if fault else {})
    output = nvidia_smi.run(["-q", "-x"], facts.devices(instance_type, "i-0a"), conditions)
    assert output.exit_code == 0
    return ElementTree.fromstring(output.text)


def test_nvidia_smi_xml_lists_the_visible_gpus() -> None:
    root = _xml()
    assert root.findtext("attached_gpus") == "8"
    assert {gpu.findtext("product_name") for gpu in root.findall("gpu")} == {"NVIDIA A10G"}
    assert {gpu.findtext("fb_memory_usage/total") for gpu in root.findall("gpu")} == {"23028 MiB"}
    assert len({gpu.findtext("uuid") for gpu in root.findall("gpu")}) == 8
    assert len({gpu.get("id") for gpu in root.findall("gpu")}) == 8


@pytest.mark.parametrize(
    ("fault", "driver", "dtd", "present", "absent"),
    [
        ("", "580.126.09", "v13", "ecc_errors/volatile/sram_uncorrectable_secded", "gpu_reset_status"),
        ("old-driver", "535.230.02", "v12", "ecc_errors/volatile/sram_uncorrectable", "gpu_recovery_action"),
    ],
)
def test_nvidia_smi_xml_by_driver(fault: str, driver: str, dtd: str, present: str, absent: str) -> None:
    output = nvidia_smi.run(["-q", "-x"], GPUS, Conditions({fault: {}} if fault else {}))
    assert f"nvsmi_device_{dtd}.dtd" in output.text
    gpu = ElementTree.fromstring(output.text).find("gpu")
    assert gpu is not None
    assert ElementTree.fromstring(output.text).findtext("driver_version") == driver
    assert gpu.find(present) is not None
    assert gpu.find(absent) is None


def test_nvidia_smi_xml_shows_ecc_errors_on_the_first_gpu_only() -> None:
    counts = [gpu.findtext("ecc_errors/volatile/dram_uncorrectable") for gpu in _xml("ecc-errors").findall("gpu")]
    assert counts == ["2"] + ["0"] * 7


def test_nvidia_smi_xml_of_turing_retires_pages() -> None:
    gpu = _xml(instance_type="g4dn.xlarge").find("gpu")
    assert gpu is not None
    assert gpu.findtext("remapped_rows") == "N/A"
    assert gpu.findtext("retired_pages/pending_retirement") == "No"


def test_nvidia_smi_listing_and_table() -> None:
    lines = nvidia_smi.run(["-L"], GPUS).text.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"GPU {index}" for index in range(8)]
    table = nvidia_smi.run([], GPUS).text.splitlines()
    assert {len(line) for line in table if line} == {91}


def test_nvidia_smi_query_gives_the_cells_asked_for() -> None:
    output = nvidia_smi.run(["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"], GPUS[:1])
    assert output.text == "NVIDIA A10G, 23028\n"
    assert nvidia_smi.run(["--query-gpu=nonsense", "--format=csv"], GPUS).exit_code == 2


@pytest.mark.parametrize(
    ("fault", "exit_code", "words"),
    [("gpu-lost", 15, "GPU is lost"), ("driver-mismatch", 18, "Driver/library version mismatch")],
)
def test_nvidia_smi_failures(fault: str, exit_code: int, words: str) -> None:
    output = nvidia_smi.run(["-q", "-x"], GPUS, Conditions({fault: {}}))
    assert (output.exit_code, words in output.text) == (exit_code, True)


def test_nvidia_smi_without_gpus_finds_none() -> None:
    assert nvidia_smi.run([], []).exit_code == 6
    assert nvidia_smi.run(["--nonsense"], GPUS).exit_code == 2


@pytest.mark.parametrize("flag", ["-j", "--json-output"])
def test_neuron_ls_json_is_an_array(flag: str) -> None:
    devices = json.loads(neuron_ls.run([flag], NEURONS).text)
    assert [device["neuron_device"] for device in devices] == list(range(16))
    assert {device["nc_count"] for device in devices} == {2}
    assert {device["memory_size"] for device in devices} == {34359738368}
    assert {len(device["connected_to"]) for device in devices} == {4}
    assert "logical_neuroncore_config" not in devices[0]


def test_neuron_ls_json_of_a_single_device_is_connected_to_nothing() -> None:
    (device,) = json.loads(neuron_ls.run(["-j"], facts.devices("inf2.xlarge", "i-0c")).text)
    assert device["connected_to"] is None


def test_neuron_ls_json_of_trainium2_counts_logical_cores() -> None:
    devices = json.loads(neuron_ls.run(["-j"], facts.devices("trn2.48xlarge", "i-0c")).text)
    assert {(device["nc_count"], device["logical_neuroncore_config"]) for device in devices} == {(4, 2)}


def test_neuron_ls_knows_one_json_flag_at_a_time() -> None:
    new = Conditions({"neuron-2.34": {}})
    assert neuron_ls.run(["--output-format", "json"], NEURONS).exit_code == 1
    assert neuron_ls.run(["-j"], NEURONS, new).exit_code == 1
    document = json.loads(neuron_ls.run(["--output-format=json"], NEURONS, new).text)
    assert document["instance_type"] == "trn1.32xlarge"
    assert len(document["neuron_devices"]) == 16


def test_neuron_ls_neighbours_are_mutual() -> None:
    for instance_type, count in (("trn1.32xlarge", 16), ("inf2.48xlarge", 12), ("inf1.6xlarge", 4)):
        links = {index: neuron_ls.neighbours(index, count, instance_type) for index in range(count)}
        assert all(index in links[other] for index, others in links.items() for other in others)


def _run(*words: str, devices: list[facts.Device] | None = None) -> commands.Output:
    return commands.run(words, commands.Machine(NEURONS if devices is None else devices))


@pytest.mark.parametrize(
    "words",
    [
        ("neuron-ls", "-j"),
        ("/opt/aws/neuron/bin/neuron-ls", "--json-output"),
        ("sh", "-c", "neuron-ls --output-format json 2>/dev/null || exec neuron-ls -j"),
        ("/bin/bash", "-ec", "set -u\nneuron-ls -j\n"),
        ("sh", "-c", "neuron-ls -j && exit 0; false"),
    ],
)
def test_run_finds_the_tool(words: tuple[str, ...]) -> None:
    output = _run(*words)
    assert output.exit_code == 0
    assert len(json.loads(output.text)) == 16


def test_run_knows_only_the_commands_of_the_image() -> None:
    output = _run("sh", "-c", "nvidia-smi; curl http://127.0.0.1", devices=[])
    assert output.exit_code == 127
    assert "nvidia-smi: command not found" in output.text


def test_run_of_a_missing_program_without_a_shell_is_a_start_error() -> None:
    assert _run("nvidia-smi", devices=[]).exit_code == 128


def test_run_passes_over_other_commands() -> None:
    assert _run("python", "train.py") == commands.Output("", 0)


def test_run_keeps_the_exit_code_of_a_script() -> None:
    assert _run("sh", "-c", "neuron-ls --nonsense; exit 3").exit_code == 3
    assert _run("sh", "-c", "set -e; neuron-ls --nonsense; echo never").text.endswith("--wide\n")


def test_a_script_takes_as_long_as_it_sleeps_and_tells_the_time() -> None:
    script = "date +begin=%s; nvidia-smi -L; code=$?; sleep 15; date +end=%s"
    output = commands.run(["sh", "-c", script], commands.Machine(GPUS[:1], now=1000.5))
    lines = output.text.splitlines()
    assert (lines[0], lines[-1], output.seconds) == ("begin=1000", "end=1015", 15.0)
    assert lines[1].startswith("GPU 0: NVIDIA A10G")


def test_a_holder_sleeps_until_it_is_deleted() -> None:
    assert commands.run(["sh", "-c", "trap 'exit 0' TERM; sleep 960 & wait"], commands.Machine()).seconds == 960
    assert commands.run(["sleep", "infinity"], commands.Machine()).seconds == float("inf")
    assert commands.run(["sh", "-c", "what the lab does not know"], commands.Machine()) == commands.Output()


def test_ls_shows_the_device_nodes_that_the_container_has() -> None:
    assert {"null", "nvidia2", "nvidia3"} <= set(commands.run(["ls", "/dev"], commands.Machine(GPUS[2:4])).text.splitlines())
    assert not any("nvidia" in line for line in commands.run(["ls", "/dev"], commands.Machine()).text.splitlines())


@pytest.mark.parametrize(
    ("devices", "fault", "exit_code", "says"),
    [(GPUS, "", 0, "Test PASSED"), (GPUS, "wrong-result", 1, "Result verification failed"), ((), "", 1, "no CUDA-capable device")],
)
def test_vector_add_computes_on_what_the_container_sees(devices, fault: str, exit_code: int, says: str) -> None:
    machine = commands.Machine(devices, Conditions({fault: {}} if fault else {}))
    output = commands.run(["/cuda-samples/vectorAdd"], machine)
    assert (output.exit_code, says in output.text) == (exit_code, True)


def test_nvidia_smi_xml_of_a_fabric_that_is_not_up_yet() -> None:
    states = [gpu.findtext("fabric/state") for gpu in _xml("fabric-in-progress", "p5.48xlarge").findall("gpu")]
    assert states == ["In Progress"] * 8
    assert _xml("fabric-in-progress").find("gpu").findtext("fabric/state") == "N/A"


BOUNDED = ["sh", "-c", 'timeout 1 true 2>/dev/null && exec timeout "$0" "$@"; exec "$@"', "20"]


def _bounded(faults: dict[str, dict[str, str]], *tool: str) -> Output:
    return commands.run([*BOUNDED, *tool], commands.Machine(GPUS, Conditions(faults)))


def test_the_shell_runs_its_arguments_within_a_time_limit() -> None:
    assert _bounded({}, "nvidia-smi", "-q", "-x") == nvidia_smi.run(["-q", "-x"], GPUS)
    neuron = commands.run([*BOUNDED, "sh", "-c", "neuron-ls -j || exec neuron-ls --output-format json"], commands.Machine(NEURONS))
    assert len(json.loads(neuron.text)) == 16


@pytest.mark.parametrize(
    ("arguments", "code", "seconds"), [({}, 124, 20), ({"seconds": "7"}, 0, 7), ({"no-timeout": "yes"}, 0, float("inf"))]
)
def test_a_tool_that_hangs_is_ended_where_there_is_timeout(arguments: dict[str, str], code: int, seconds: float) -> None:
    output = _bounded({"tool-hangs": arguments}, "nvidia-smi", "-q", "-x")
    assert (output.exit_code, output.seconds) == (code, seconds)


def test_a_missing_tool_is_told_by_the_shell_or_the_runtime() -> None:
    assert _bounded({"tool-missing": {}}, "nvidia-smi", "-q").exit_code == 127
    assert commands.run(["nvidia-smi"], commands.Machine(GPUS, Conditions({"tool-missing": {}}))).exit_code == 128


def test_tool_says_other_words_or_more() -> None:
    said = {"text": "WARNING: infoROM is corrupted at gpu 0000:00:1E.0\n", "exit-code": "14"}
    assert _bounded({"tool-says": said}, "nvidia-smi", "-q", "-x") == Output(said["text"], 14)
    more = _bounded({"tool-says": {**said, "after": "yes"}}, "nvidia-smi", "-q", "-x")
    assert more.text.startswith("<?xml") and more.text.endswith(said["text"])


def test_gpu_field_changes_the_first_gpu_alone_and_only_what_it_has() -> None:
    def values(path: str, value: str) -> list[str | None]:
        faults = {"gpu-field": {"path": path, "value": value}}
        root = ElementTree.fromstring(nvidia_smi.run(["-q", "-x"], GPUS, Conditions(faults)).text)
        return [gpu.findtext(path.replace(".", "/")) for gpu in root.findall("gpu")]

    assert values("remapped_rows.remapped_row_failure", "Yes") == ["Yes", *["No"] * 7]
    with pytest.raises(KeyError):
        values("no.such.field", "1")


@pytest.mark.parametrize(
    ("fault", "begins", "length"), [("entity-bomb", "<?xml", 300), ("binary-log", "\udcff", 300), ("enormous-log", "<?xml", 6_000_000)]
)
def test_odd_logs(fault: str, begins: str, length: int) -> None:
    text = _bounded({fault: {}}, "nvidia-smi", "-q", "-x").text
    assert text.startswith(begins) and len(text) >= length
