"""The embedded stack: emulator, simulators and the demo story. Loopback only; nothing here is ever deployed."""
