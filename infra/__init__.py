"""The template, its policies, and what packages and deploys them."""
