"""Looking at the documentation site: what of it leads nowhere."""
