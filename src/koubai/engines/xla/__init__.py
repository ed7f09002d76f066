"""The engine that runs on JAX: processors, GPUs and TPUs, one or many; imported only when it is asked for."""
