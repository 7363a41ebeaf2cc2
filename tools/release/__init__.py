"""Makes a release of the collection: tarball, sums and SBOM, tried from an empty collections path."""
