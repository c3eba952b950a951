"""Publishing: what a green build gives to readers, written aside and made current."""
