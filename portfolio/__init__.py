"""Kawei: the deal-flow tracker of an angel fund of funds; one folder per capability."""
