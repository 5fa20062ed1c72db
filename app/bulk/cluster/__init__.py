"""Files of any number and size on a Ray cluster, by the readers, the classifier and the writers of one machine."""
