"""What a test or a person uses to move payments, break things and look at what was sold."""
