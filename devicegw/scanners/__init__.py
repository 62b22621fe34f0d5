"""Barcode scanners on the trolley or the Pi."""
