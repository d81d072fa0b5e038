"""The grader: hand-ins are run behind a fence, and what they give is judged outside of it."""
