"""The tests: a package by name, for a library that is installed here brings a folder ``tests`` of its own."""
