"""Sentences written for these tests."""

SENTENCES = (
    "The lighthouse keeper counted seven ships before the fog swallowed the harbour.",
    "A cold draught crept beneath the door, and the candle went out.",
    "She folded the letter twice and burned it without reading the end.",
    "Something vast and patient was breathing under the ice.",
    "My brother laughed at the omen; by morning he was gone.",
    "The professor's notes spoke of angles that no geometry allowed.",
    "We walked through the orchard, my sister and I, happy as we had been in childhood.",
    "Beyond the hills lay a city older than any map, and nobody who went there would say what it was like.",
    "I confess that I struck him, though my hand trembled and my heart beat loudly in the silent room.",
    "Rain fell on the graves all night, and the old dog would not leave the gate.",
    "His eyes were dull and yellow; I could not bear to look into them, and yet I could not look away.",
    "Tell me, did you hear it too?",
)

LONG = " ".join(SENTENCES)
"""More known words than the window holds."""
