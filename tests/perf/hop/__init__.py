"""What a Redis between publisher and stream costs, for the script redis_hop."""
