"""The commands, one file each: the arguments it takes and what it does. Nothing heavy is imported until one runs."""
