"""A simulation of replicas of the service behind a load balancer, and its comparison with a real one."""
