// Each test times scripts, so none disturbs another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
