"""EKS of the lab: moto's clusters, with access entries, pod identity associations and addons."""
