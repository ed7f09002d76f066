"""One module for each library that is measured, each written as its experts would write it."""
