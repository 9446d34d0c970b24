"""What a user would try instead: classical codecs of values (N, 1, T), entropy coded by the same coders."""
