using System.Runtime.CompilerServices;

// Blittable signatures only: the stubs are then made ahead of time, not at start-up.
[assembly: DisableRuntimeMarshalling]
