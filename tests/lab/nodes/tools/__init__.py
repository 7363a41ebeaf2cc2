"""The simulated tools: what nvidia-smi and neuron-ls print for given devices. Pure."""
