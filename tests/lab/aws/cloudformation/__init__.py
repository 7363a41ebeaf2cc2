"""CloudFormation of the lab: moto's service with an engine that orders, compares, rolls back and deletes as AWS does."""
