"""Plan packs 预案包: what a city does about one disease, as data without code."""
