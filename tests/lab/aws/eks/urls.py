"""moto's EKS paths and those of access entries, pod identity associations and addons."""

from moto.eks.urls import url_bases
from moto.eks.urls import url_paths as moto_paths

from .responses import LabEKSResponse

__all__ = ["url_bases", "url_paths"]

PATHS = (
    "/access-entries$",
    "/access-entries/(?P<principalArn>.+)$",
    "/pod-identity-associations$",
    "/pod-identity-associations/(?P<associationId>[^/]+)$",
    "/addons$",
    "/addons/(?P<addonName>[^/]+)$",
)

response = LabEKSResponse()
url_paths = dict.fromkeys(moto_paths, response.dispatch) | {"{0}/clusters/(?P<name>[^/]+)" + path: response.dispatch for path in PATHS}
