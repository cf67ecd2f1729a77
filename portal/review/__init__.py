"""Review: the curators' queue, a study with a margin for comments, and the decision on it."""
