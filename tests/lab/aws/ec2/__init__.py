"""EC2 of the lab: moto's, with images that keep their architecture and fleets that launch what their template says."""
