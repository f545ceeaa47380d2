"""What makes the files that ship: `python -m core.build NAME`. Nothing else imports it."""
