"""Values of AWS Neuron's chart, whose parts go together or do not: for the filter, and for the chart's stand-in on the lab."""

from __future__ import annotations


def values(plugin=True, scheduler=False, npd=False, recovery=False, dra=False, **schedulers):
    return {
        "devicePlugin": {"enabled": plugin},
        "scheduler": {"enabled": scheduler, **{name: {"enabled": state} for name, state in schedulers.items()}},
        "npd": {"enabled": npd, "nodeRecovery": {"enabled": recovery}},
        "draDriver": {"enabled": dra},
    }


SOUND = {
    "the role's own": values(),
    "with the scheduler extension": values(scheduler=True),
    "for the default scheduler": values(scheduler=True, customScheduler=False, defaultScheduler=True),
    "with the detector and its recovery": values(npd=True, recovery=True),
    "DRA alone": values(plugin=False, dra=True),
}
# By the sentence's beginning; the chart refuses those of the first table itself.
REFUSED_BY_THE_CHART = {
    "neuron_dra is true, and so is neuron_device_plugin": values(dra=True),
    "neuron_dra is true, and so is neuron_scheduler": values(plugin=False, dra=True, scheduler=True),
    "neuron_scheduler is true, and neuron_device_plugin is false": values(plugin=False, scheduler=True),
    "neuron_values has both scheduler.customScheduler and scheduler.defaultScheduler": values(scheduler=True, defaultScheduler=True),
}
REFUSED = {
    **REFUSED_BY_THE_CHART,
    "neuron_scheduler is true, and neuron_values enables neither": values(scheduler=True, customScheduler=False),
    "neuron_node_recovery is true, and neuron_node_problem_detector is false": values(recovery=True),
}
