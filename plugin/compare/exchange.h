/* What measuring has in common: to send a frame, and to wait for one of ours. For the files of this
 * room only. */
#ifndef COMPARE_EXCHANGE_H
#define COMPARE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "compare/frame.h"
#include "compare/measure.h"

/* Microseconds of a clock that only goes forward. */
double exchange_now_us(void);

/* The first of `n` numbers that no frame of this process has had yet, so that one which comes late
 * is taken for none of those that are waited for now. */
uint32_t exchange_numbers(uint32_t n);

/* -EINTR and its sentence when the pair's stop flag is set; else 0. */
int exchange_check_stop(const struct compare_pair *pair, char **errorp);

/* Sends what frame_build() laid out. Returns 0; -EAGAIN, without a sentence, when the path pushes
 * back; or another negative errno value. */
int exchange_send(const struct compare_pair *pair, const struct endpoint *from, unsigned char *room,
                  size_t length, char **errorp);

/* Reads the next frame of this run that has arrived `at` one of the pair's endpoints into the
 * ENDPOINT_FRAME_MAX bytes of `room`; drops others. Waits for it, at most `wait_ms`. Returns 0;
 * -ETIMEDOUT, without a sentence; -EINTR on the stop flag; or another negative errno value. */
int exchange_receive(const struct compare_pair *pair, const struct endpoint *at,
                     unsigned char *room, int wait_ms, struct frame_seen *seen, char **errorp);

/* Waits until something arrives at any of the pair's endpoints, or for `wait_ms`. */
void exchange_wait_any(const struct compare_pair *pair, int wait_ms);

/* Drops what is still on its way to the pair's endpoints: a switch may have to empty its queue. */
void exchange_drain(const struct compare_pair *pair);

#endif
