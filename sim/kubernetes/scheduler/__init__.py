"""kube-scheduler 1.32: which node a pod goes to, why not to the others, and whom it drives out.

Built from the scheduler's source (pkg/scheduler of Kubernetes 1.32): filters, scores, preemption and the order of its
queue. Left out are volumes (VolumeBinding, VolumeRestrictions, VolumeZone, NodeVolumeLimits), dynamic resources and
extenders.
"""
