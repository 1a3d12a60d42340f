/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "radio_memory.h"

typedef struct message {
    uint8_t *frame;
    uint16_t length;
} message_t;

/* What the radio's interrupt does with a received frame: no copy, the frame changes hands. */
static message_t *received(uint8_t *frame)
{
    message_t *message = mesh_alloc(sizeof *message);
    if (message != NULL) {
        message->frame = frame;
        message->length = frame[0];
    }
    return message;
}

int main(void)
{
    uint8_t *frame = frame_alloc();
    void *pdu = pdu_alloc();
    char *text = main_calloc(1, 200);
    bool good = frame != NULL && pdu != NULL && text != NULL;
    message_t *message = good ? received(frame) : NULL;
    good = message != NULL && mesh_free(message) == RW_OK;
    good = main_free(text) == RW_OK && good;
    good = pdu_free(pdu) == RW_OK && good;
    good = frame_free(frame) == RW_OK && good;
    return good ? 0 : 1;
}
