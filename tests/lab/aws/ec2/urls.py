"""moto's EC2 paths, answered by the lab's class."""

from moto.ec2.urls import url_bases

from .responses import LabEC2Response

__all__ = ["url_bases", "url_paths"]

url_paths = {"{0}/": LabEC2Response.dispatch}
