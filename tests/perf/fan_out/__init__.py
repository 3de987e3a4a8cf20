"""What the script fanout is made of."""
