"""The accuracy study: how true the error bars are, and how small an error each checker finds. See ../README.md."""
