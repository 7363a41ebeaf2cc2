"""Of module_utils/preflight/_capacity.py."""

from __future__ import annotations

from ansible_collections.accelerated.nodes.plugins.module_utils.preflight._capacity import types_of, wanted_images

from tests.unit.plugins.module_utils.preflight.preflight_objects import CPU, GPU, NEURON, a_plan, only, outcome

FOLDER = "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023"


def wanted(plan, **classes) -> list[str]:
    return [each.parameter for each in wanted_images(plan, "1.36", classes)]


def test_each_pool_wants_the_image_of_its_accelerator():
    assert wanted(a_plan(GPU, NEURON, CPU)) == [f"{FOLDER}/x86_64/{each}/recommended/image_id" for each in ("nvidia", "neuron", "standard")]


def test_a_pinned_release_is_asked_for():
    (name,) = wanted(a_plan(GPU, ami_version="v20260910"))
    assert name.endswith("/amazon-eks-node-al2023-x86_64-nvidia-1.36-v20260910/image_id")


def test_a_class_that_is_there_keeps_its_release():
    (name,) = wanted(a_plan(GPU), **{"EC2NodeClass/gpu": {"amiSelectorTerms": [{"alias": "al2023@v20260910"}]}})
    assert "v20260910" in name
    assert "v20260910" not in wanted(a_plan({**GPU, "ami_alias": "al2023@latest", "allow_latest_ami": True}))[0]


def test_bottlerocket_and_images_by_id():
    pool = {**GPU, "ami_alias": "bottlerocket@v1.50.0"}
    assert wanted(a_plan(pool)) == ["/aws/service/bottlerocket/aws-k8s-1.36-nvidia/x86_64/1.50.0/image_id"]
    assert wanted(a_plan({**GPU, "node_class_spec": {"amiSelectorTerms": [{"id": "ami-1"}]}})) == []


def test_an_image_that_there_is_not():
    plan = a_plan(GPU, NEURON)
    there = dict.fromkeys(wanted(plan), "ami-1")
    assert outcome("images", plan, images=there).state == "passed"
    missing = next(iter(there))
    state, what, where, step = only(outcome("images", plan, images={**there, missing: ""}))
    assert (state, where) == ("error", "node pool gpu")
    assert missing in what and "recommended image nvidia for x86_64" in what and "node_pools_ami_version" in step


def test_types_are_those_that_the_pool_would_take():
    gpu, cpu, neuron = a_plan(GPU, CPU, NEURON).pools
    names = ["g5.xlarge", "g4dn.xlarge", "c5.large", "m5.large", "r5.large", "c5.xlarge", "trn1.2xlarge"]
    assert types_of(gpu, names) == ["g5.xlarge"]
    assert types_of(cpu, names) == ["c5.large", "c5.xlarge", "m5.large"]
    assert types_of(neuron, names) == ["trn1.2xlarge"]


def test_types_that_no_zone_of_the_pool_offers():
    plan = a_plan(NEURON, subnet_ids=["subnet-p"])
    state, what, where, step = only(outcome("offerings", plan))
    assert (state, where) == ("error", "node pool neuron")
    assert "zones of its subnets (us-west-2b)" in what and "offered in us-west-2a alone" in what and "subnet there" in step
    assert outcome("offerings", a_plan(NEURON)).state == "passed"


def test_types_that_the_region_does_not_offer():
    assert "No zone of this region" in only(outcome("offerings", a_plan(NEURON), offerings={"us-west-2a": ["m5.large"]}))[1]


def test_a_named_type_that_is_not_offered_beside_one_that_is():
    pool = {"name": "gpu", "instance_types": ["g5.xlarge", "g5.2xlarge"], "limits": {"nvidia.com/gpu": 1}}
    state, what, _where, _step = only(outcome("offerings", a_plan(pool)))
    assert state == "warning" and "g5.2xlarge are not offered" in what


def test_a_pool_without_subnets_is_not_called_good():
    plan = a_plan({**GPU, "subnet_selector": [{"id": "subnet-x"}]})
    assert outcome("subnets", plan).state == "error"
    assert outcome("offerings", plan).state == "not_checked"


def test_an_image_that_several_pools_lack_is_told_once():
    plan = a_plan(GPU, {**GPU, "name": "other"})
    assert only(outcome("images", plan, images=dict.fromkeys(wanted(plan), "")))[2] == "node pool gpu, other"


def test_images_of_which_nothing_is_known_are_not_called_good():
    plan = a_plan({**GPU, "node_class_spec": {"amiSelectorTerms": [{"id": "ami-1"}]}}, CPU)
    state, what, where, _step = only(outcome("images", plan, images=dict.fromkeys(wanted(plan), "ami-1")))
    assert (state, where) == ("not_checked", "node pool gpu") and "no alias of al2023" in what


def test_auto_mode_chooses_its_images_itself():
    assert outcome("images", a_plan({**GPU, "auto_mode": True}), images={}).state == "passed"
