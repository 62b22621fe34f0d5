"""What devices say of themselves: samples as they came, and buckets rolled up from them."""
