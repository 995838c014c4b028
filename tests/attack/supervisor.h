// The process to attack: Sandgate, when it is above us; else a stand-in of the same user, a child that waits.
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "attack.h"

struct supervisor {
    pid_t pid;
    bool stand_in;
};

struct supervisor find_supervisor(void);
// Ends the stand-in, if there is one.
void leave_supervisor(struct supervisor supervisor);

#endif
