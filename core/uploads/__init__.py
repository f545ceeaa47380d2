"""Files from people, read with care: archives, pictures, tables, labels and weights."""
