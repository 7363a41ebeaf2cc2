"""Of modules/eks_ami_info.py, with botocore's Stubber in place of the network."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._ami_releases import (
    AL2023,
    BOTTLEROCKET,
    Image,
    images_of,
    oldest,
    parameter,
    release_of,
)
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.modules.eks_ami_info import checked, look_up
from ansible_collections.accelerated.nodes.plugins.plugin_utils.filters._ami_releases import ami_family_problem
from botocore.stub import Stubber

STANDARD, NVIDIA, ARM = Image("x86_64", "standard"), Image("x86_64", "nvidia"), Image("arm64", "nvidia")
FOLDER = "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023"
ROCKETS = "/aws/service/bottlerocket/aws-k8s-1.36"


def client_of(service: str):
    client = boto3.client(service, region_name="us-west-2", aws_access_key_id="key-of-a-test", aws_secret_access_key="secret-of-a-test")
    client.stubber = Stubber(client)
    client.stubber.activate()
    return client


class Aws:
    """What AWS is asked and answers."""

    def __init__(self) -> None:
        self.ssm, self.ec2 = client_of("ssm"), client_of("ec2")

    def parameter(self, name: str, image_id: str) -> None:
        self.ssm.stubber.add_response("get_parameter", {"Parameter": {"Value": image_id}}, {"Name": name})

    def no_parameter(self, name: str) -> None:
        self.ssm.stubber.add_client_error("get_parameter", "ParameterNotFound", expected_params={"Name": name})

    def images(self, **names: str) -> None:
        found = [{"ImageId": image_id.replace("_", "-"), "Name": name} for image_id, name in names.items()]
        self.ec2.stubber.add_response("describe_images", {"Images": found}, {"ImageIds": sorted(each["ImageId"] for each in found)})

    def look_up(self, *images: Image, family: str = "al2023") -> dict:
        return look_up(self.ssm, self.ec2, "1.36", checked(family, list(images)), list(images))


@pytest.fixture
def aws():
    made = Aws()
    yield made
    made.ssm.stubber.assert_no_pending_responses()
    made.ec2.stubber.assert_no_pending_responses()


def test_release_is_that_of_the_recommended_image(aws):
    aws.parameter(f"{FOLDER}/x86_64/standard/recommended/image_id", "ami-1")
    aws.images(ami_1="amazon-eks-node-al2023-x86_64-standard-1.36-v20261105")
    assert aws.look_up(STANDARD) == {
        "changed": False,
        "alias": "al2023@v20261105",
        "release": "v20261105",
        "images": [
            {
                "architecture": "x86_64",
                "variant": "standard",
                "image_id": "ami-1",
                "parameter": f"{FOLDER}/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.36-v20261105/image_id",
            }
        ],
    }


def test_release_is_one_that_all_images_have(aws):
    """The NVIDIA image of the newest release is not out yet."""
    aws.parameter(f"{FOLDER}/x86_64/standard/recommended/image_id", "ami-1")
    aws.parameter(f"{FOLDER}/x86_64/nvidia/recommended/image_id", "ami-2")
    aws.images(ami_1="x-v20261105", ami_2="x-v20260910")
    aws.parameter(f"{FOLDER}/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.36-v20260910/image_id", "ami-3")
    outcome = aws.look_up(STANDARD, NVIDIA)
    assert outcome["alias"] == "al2023@v20260910"
    assert [each["image_id"] for each in outcome["images"]] == ["ami-3", "ami-2"]


def test_images_without_a_common_release_are_refused(aws):
    aws.parameter(f"{FOLDER}/x86_64/standard/recommended/image_id", "ami-1")
    aws.parameter(f"{FOLDER}/arm64/nvidia/recommended/image_id", "ami-2")
    aws.images(ami_1="x-v20261105", ami_2="x-v20240101")
    aws.no_parameter(f"{FOLDER}/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.36-v20240101/image_id")
    with pytest.raises(
        CollectionError, match=r"AWS has no v20240101 EKS image standard for x86_64 and Kubernetes 1\.36 in region 'us-west-2'"
    ):
        aws.look_up(STANDARD, ARM)


def test_an_image_that_aws_does_not_publish_is_refused(aws):
    name = parameter(AL2023, "1.36", ARM)
    aws.no_parameter(name)
    with pytest.raises(CollectionError) as caught:
        aws.look_up(ARM)
    assert "AWS has no recommended EKS image nvidia for arm64" in caught.value.message
    assert name in caught.value.message and "node_pools_ami_version" in caught.value.message


def test_an_image_that_may_not_be_read_is_told_by_the_right_that_is_missing(aws):
    aws.ssm.stubber.add_client_error("get_parameter", "AccessDeniedException")
    with pytest.raises(CollectionError, match=r"lack the right to ssm:GetParameter"):
        aws.look_up(STANDARD)


def test_a_name_without_release_is_refused(aws):
    aws.parameter(parameter(AL2023, "1.36", STANDARD), "ami-1")
    aws.images(ami_1="my-image")
    with pytest.raises(CollectionError, match=r"ami-1, which AWS recommends, is called 'my-image'"):
        aws.look_up(STANDARD)


def test_nothing_to_look_up_is_refused(aws):
    with pytest.raises(CollectionError, match="images is empty"):
        aws.look_up()


@pytest.mark.parametrize(
    ("pool", "images"),
    [
        ({"instance_families": ["m5"]}, [STANDARD]),
        ({"instance_categories": ["g"], "gpu_manufacturers": ["nvidia"]}, [NVIDIA]),
        ({"instance_families": ["g4dn", "g5g"]}, [ARM, NVIDIA]),
        ({"instance_types": ["trn1.2xlarge"]}, [Image("x86_64", "neuron")]),
        ({"architectures": ["arm64"]}, [Image("arm64", "standard")]),
    ],
)
def test_images_are_those_that_pools_boot(pool, images):
    assert images_of([{"name": "any", **pool}]) == images


@pytest.mark.parametrize(
    ("family", "name", "release"),
    [
        (AL2023, "amazon-eks-node-al2023-x86_64-standard-1.36-v20261105", "v20261105"),
        (AL2023, "v20261105-copy", ""),
        (BOTTLEROCKET, "bottlerocket-aws-k8s-1.36-x86_64-v1.62.0-431fe75a", "v1.62.0"),
        (BOTTLEROCKET, "bottlerocket-aws-k8s-1.36-nvidia-fips-arm64-v1.62.10-431fe75a", "v1.62.10"),
        (BOTTLEROCKET, "bottlerocket-aws-k8s-1.36-x86_64-v1.62.0-431fe75a-copy", ""),
        (BOTTLEROCKET, "amazon-eks-node-al2023-x86_64-standard-1.36-v20261105", ""),
    ],
)
def test_release_is_where_the_family_has_it_in_a_name(family, name, release):
    assert release_of(family, name) == release


def test_oldest_compares_numbers():
    assert oldest({STANDARD: "v1.10.0", NVIDIA: "v1.9.2"}) == "v1.9.2"
    assert oldest({STANDARD: "v20261105", NVIDIA: "v20260910"}) == "v20260910"


@pytest.mark.parametrize(
    ("image", "folder"),
    [
        (STANDARD, f"{ROCKETS}/x86_64"),
        (NVIDIA, f"{ROCKETS}-nvidia/x86_64"),
        (ARM, f"{ROCKETS}-nvidia/arm64"),
        (Image("x86_64", "neuron"), f"{ROCKETS}/x86_64"),
        (Image("arm64", "fips"), f"{ROCKETS}-fips/arm64"),
        (Image("x86_64", "nvidia-fips"), f"{ROCKETS}-nvidia-fips/x86_64"),
    ],
)
def test_bottlerocket_has_a_folder_for_each_variant(image, folder):
    assert parameter(BOTTLEROCKET, "1.36", image) == f"{folder}/latest/image_id"
    assert parameter(BOTTLEROCKET, "1.36", image, "v1.62.0") == f"{folder}/1.62.0/image_id"


def test_bottlerockets_release_is_one_that_all_images_have(aws):
    aws.parameter(f"{ROCKETS}/x86_64/latest/image_id", "ami-1")
    aws.parameter(f"{ROCKETS}-nvidia/x86_64/latest/image_id", "ami-2")
    aws.images(ami_1="bottlerocket-aws-k8s-1.36-x86_64-v1.62.0-431fe75a", ami_2="bottlerocket-aws-k8s-1.36-nvidia-x86_64-v1.61.1-0a1b2c3d")
    aws.parameter(f"{ROCKETS}/x86_64/1.61.1/image_id", "ami-3")
    outcome = aws.look_up(STANDARD, NVIDIA, family="bottlerocket")
    assert (outcome["alias"], outcome["release"]) == ("bottlerocket@v1.61.1", "v1.61.1")
    assert [each["image_id"] for each in outcome["images"]] == ["ami-3", "ami-2"]


def test_one_image_may_serve_two_variants(aws):
    aws.parameter(f"{ROCKETS}/x86_64/latest/image_id", "ami-1")
    aws.parameter(f"{ROCKETS}/x86_64/latest/image_id", "ami-1")
    aws.images(ami_1="bottlerocket-aws-k8s-1.36-x86_64-v1.62.0-431fe75a")
    assert aws.look_up(STANDARD, Image("x86_64", "neuron"), family="bottlerocket")["alias"] == "bottlerocket@v1.62.0"


def test_a_fips_image_has_a_parameter_and_no_alias(aws):
    aws.parameter(f"{ROCKETS}-fips/x86_64/latest/image_id", "ami-1")
    aws.images(ami_1="bottlerocket-aws-k8s-1.36-fips-x86_64-v1.62.0-431fe75a")
    outcome = aws.look_up(Image("x86_64", "fips"), family="bottlerocket")
    assert (outcome["alias"], outcome["release"]) == ("", "v1.62.0")
    assert outcome["images"][0]["parameter"] == f"{ROCKETS}-fips/x86_64/1.62.0/image_id"


@pytest.mark.parametrize(
    ("family", "image", "sentence"),
    [
        ("al2023", Image("arm64", "neuron"), "AWS has no al2023 image neuron for arm64: for arm64 there are standard, nvidia."),
        ("al2023", Image("x86_64", "fips"), "AWS has no al2023 image fips for x86_64"),
        ("bottlerocket", Image("arm64", "neuron"), "AWS has no bottlerocket image neuron for arm64"),
    ],
)
def test_a_variant_that_the_family_does_not_have_is_refused_before_anything_is_asked(aws, family, image, sentence):
    with pytest.raises(CollectionError, match=sentence):
        aws.look_up(STANDARD, image, family=family)


@pytest.mark.parametrize(
    ("family", "sentence"),
    [
        ("al2", "family of images is 'al2' .*AWS has ended its support for EKS' images of Amazon Linux 2 .*take al2023 or bottlerocket"),
        ("windows2022", "family of images is 'windows2022' .*no release of it but the latest"),
        ("ubuntu", "family of images is 'ubuntu' .*a release can be looked up for al2023 and bottlerocket"),
    ],
)
def test_a_family_whose_release_cannot_be_looked_up_is_refused_with_the_reason(aws, family, sentence):
    with pytest.raises(CollectionError, match=sentence) as caught:
        aws.look_up(STANDARD, family=family)
    assert "node_pools_ami_version" in caught.value.message
    assert ami_family_problem(family) == caught.value.message


@pytest.mark.parametrize("family", ["al2023", "bottlerocket"])
def test_a_family_that_can_be_looked_up_is_taken(family):
    assert ami_family_problem(family) == ""
