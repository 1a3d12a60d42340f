/* SPDX-License-Identifier: Apache-2.0
 *
 * The protocol of waiting (docs/adr/0011-waiting.md), after runtime/src/pool_wait.c and waiter.c: two
 * tasks of different priority and an interrupt handler share one pool of BLOCKS blocks. Names are
 * those of the source. What is under the interrupt lock is one atomic step; between two of them
 * anything may happen, a timeout at every moment of the sleep included.
 *
 * One of these leaves out what it names, and SPIN must find the fault:
 *   NO_SECOND_LOOK  the pool was empty a moment ago: join without looking again
 *   NO_STICKY_EVENT a wake-up before the sleep is forgotten
 *   TIMEOUT_BLIND   a timeout returns nothing, whatever came
 *   TIMEOUT_STAYS   a timeout leaves the waiter on the list
 *   BARGE           free gives the block back to the pool and wakes the waiter to take it
 *   NO_EMPTYING     with FULL: a task joins and does not empty the quarantine
 *   EMPTYING_FIRST  with FULL: it does so before it joins
 *   NO_LOOK         with FULL: a free does not look whether somebody waits
 *   LOOK_FIRST      with FULL: it does so before its block is in its place
 *
 * FULL puts the quarantine of docs/adr/0010-checks-full.md above it, as runtime/src/full_wait.c does:
 * a ring that is gone through place by place, and blocks that have left it and not arrived.
 */
#if defined(NO_EMPTYING) || defined(EMPTYING_FIRST) || defined(NO_LOOK) || defined(LOOK_FIRST)
#define FULL
#endif
#define TASKS 3
#define BLOCKS 1
#if defined(FULL)
#define ROUNDS 1 /* more states than memory otherwise */
#else
#define ROUNDS 2
#endif
#define NOBODY 255

byte free_blocks = BLOCKS;
bool waiting[TASKS];  /* on the list `waiting`; the more urgent task has the higher number */
bool block[TASKS];    /* waiter->block != NULL */
bool event[TASKS];    /* set and not yet consumed */
byte owned = 0;       /* blocks in the hands of callers */
byte passing = 0;     /* of the quarantine, between it and the pool */
bool held[2];         /* its places */
bit next;             /* that of the next free */

inline most_urgent(who)
{
    who = NOBODY;
    if
    :: waiting[2] -> who = 2
    :: !waiting[2] && waiting[1] -> who = 1
    :: !waiting[2] && !waiting[1] && waiting[0] -> who = 0
    :: else
    fi
}

/* Every block is in one place, and nobody waits while one is free. Checked behind every section. */
inline sound()
{
    assert(free_blocks + owned + block[0] + block[1] + block[2] + passing + held[0] + held[1]
           == BLOCKS);
    assert(free_blocks == 0 || (!waiting[0] && !waiting[1] && !waiting[2]))
}

/* A block from the caller or, with FULL, from the quarantine goes to the pool. */
inline pass_on(who, from)
{
    atomic {
        from--;
        most_urgent(who);
        if
        :: who == NOBODY -> free_blocks++
        :: else ->
#if defined(BARGE)
            free_blocks++;
#else
            waiting[who] = false;
            block[who] = true;
#endif
            event[who] = true
        fi;
        sound();
        who = 0
    }
}

inline empty_all(who)
{
    place = 0;
    do
    :: place > 1 -> break
    :: else ->
        atomic {
            moved = held[place];
            held[place] = false;
            passing = passing + moved
        }
        if
        :: moved -> pass_on(who, passing)
        :: else
        fi;
        place++
    od;
    place = 0;
    moved = false
}

inline look(who)
{
    atomic { most_urgent(who); somebody = who != NOBODY; who = 0 }
}

inline give(who)
{
#if defined(FULL)
#if defined(LOOK_FIRST)
    look(who);
#endif
    atomic {
        owned--;
        assert(!held[next]);
        held[next] = true;
        next = 1 - next;
        sound()
    }
#if !defined(LOOK_FIRST) && !defined(NO_LOOK)
    look(who);
#endif
    if
    :: somebody -> somebody = false; empty_all(who)
    :: else
    fi
#else
    pass_on(who, owned)
#endif
}

/* The core's. */
inline alloc(got)
{
    atomic {
        got = free_blocks > 0;
        if
        :: got -> free_blocks--; owned++
        :: else
        fi;
        sound()
    }
}

/* The first look. */
inline alloc_now(got, who)
{
    alloc(got);
#if defined(FULL)
    if
    :: got
    :: else -> empty_all(who); alloc(got)
    fi
#endif
}

inline alloc_wait(self, forever, got)
{
    alloc_now(got, who);
    if
    :: got
    :: else ->
#if defined(EMPTYING_FIRST)
        empty_all(who);
#endif
        event[self] = false; /* open */
        atomic {             /* the second look, and the list */
#if !defined(NO_SECOND_LOOK)
            got = free_blocks > 0;
#endif
            if
            :: got -> free_blocks--; owned++
            :: else -> waiting[self] = true
            fi;
            sound()
        }
        if
        :: got
        :: else ->
#if defined(FULL) && !defined(NO_EMPTYING) && !defined(EMPTYING_FIRST)
            empty_all(who);
#endif
            over = false;
            do
            :: over -> break
            :: else ->
                timed_out = false;
#if defined(NO_STICKY_EVENT)
                event[self] = false;
#endif
                if
                :: event[self] -> skip
                :: !forever -> timed_out = true
                fi;
                atomic {
                    if
                    :: block[self] || timed_out ->
                        over = true;
#if defined(TIMEOUT_BLIND)
                        got = block[self] && !timed_out;
#else
                        got = block[self];
#endif
#if defined(TIMEOUT_STAYS)
                        if
                        :: !timed_out -> waiting[self] = false
                        :: else
                        fi;
#else
                        waiting[self] = false;
#endif
                        block[self] = false;
                        if
                        :: got -> owned++
                        :: else
                        fi
                    :: else -> event[self] = false /* woken for nothing: sleep on */
                    fi;
                    sound()
                }
            od
        fi
    fi
}

proctype task(byte self; bool forever)
{
    byte round, who, place;
    bool got, over, timed_out, moved, somebody;
    for (round : 1 .. ROUNDS) {
        alloc_wait(self, forever, got);
        assert(got || !forever);
        if
        :: got -> give(who)
        :: else
        fi
    }
}

/* Takes a block without waiting, and frees it. */
proctype handler()
{
    byte round, who, place;
    bool got, moved, somebody;
    for (round : 1 .. ROUNDS) {
        alloc_now(got, who);
        if
        :: got -> give(who)
        :: else
        fi
    }
}

/* What a kernel may do at any time: end a sleep for no reason. */
proctype stray()
{
    event[2] = true
}

/* That all end is what SPIN checks by itself: a task that sleeps for ever is an invalid end state. */
init {
    atomic {
        run task(0, true);
        run task(1, false);
        run task(2, true);
        run handler();
        run stray()
    }
}
