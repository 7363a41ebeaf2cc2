"""Looking at the report as a person does: results as an example, and a browser without a window."""
