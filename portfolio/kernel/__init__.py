"""Values without a home in one slice: money, dates, codes, texts. Pure."""
