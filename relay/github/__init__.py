"""What the relay asks of GitHub: a token, then dispatches; and what GitHub's answers mean."""
