"""Coverage 覆盖: which villages will have somebody on duty, hour by hour."""
