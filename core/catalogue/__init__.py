"""What is sold: categories, products, variants, barcodes."""
