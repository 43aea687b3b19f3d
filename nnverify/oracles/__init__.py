"""Independent sources of derivatives, one file each; all return an Estimate with an error bar."""
