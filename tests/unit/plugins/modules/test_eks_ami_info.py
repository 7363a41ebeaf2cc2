"""Of modules/eks_ami_info.py, with botocore's Stubber in place of the network."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.accelerated.nodes.plugins.module_utils.aws._ami_releases import Image, images_of, parameter, release_of
from ansible_collections.accelerated.nodes.plugins.module_utils.common._errors import CollectionError
from ansible_collections.accelerated.nodes.plugins.modules.eks_ami_info import look_up
from botocore.stub import Stubber

STANDARD, NVIDIA, ARM = Image("x86_64", "standard"), Image("x86_64", "nvidia"), Image("arm64", "nvidia")
FOLDER = "/aws/service/eks/optimized-ami/1.36/amazon-linux-2023"


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

    def look_up(self, *images: Image) -> dict:
        return look_up(self.ssm, self.ec2, "1.36", list(images))


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
        "images": [{"architecture": "x86_64", "variant": "standard", "image_id": "ami-1"}],
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
    name = parameter("1.36", Image("arm64", "neuron"))
    aws.no_parameter(name)
    with pytest.raises(CollectionError) as caught:
        aws.look_up(Image("arm64", "neuron"))
    assert "AWS has no recommended EKS image neuron for arm64" in caught.value.message
    assert name in caught.value.message and "node_pools_ami_version" in caught.value.message


def test_an_image_that_may_not_be_read_is_told_by_the_right_that_is_missing(aws):
    aws.ssm.stubber.add_client_error("get_parameter", "AccessDeniedException")
    with pytest.raises(CollectionError, match=r"lack the right to ssm:GetParameter"):
        aws.look_up(STANDARD)


def test_a_name_without_release_is_refused(aws):
    aws.parameter(parameter("1.36", STANDARD), "ami-1")
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


def test_release_is_at_the_end_of_a_name():
    assert release_of("amazon-eks-node-al2023-x86_64-standard-1.36-v20261105") == "v20261105"
    assert release_of("v20261105-copy") == ""
