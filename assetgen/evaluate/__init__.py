"""Measures a trained miniature, by protocols fixed beforehand. `assetgen evaluate MODEL`.

Everything is measured on scenes and combinations that training never contained (`held_out.json`),
with the pipeline as it ships (computed in bfloat16 where torch's autocast does so). No picture is
picked, every picture has a noise of its own.

following (goals: objects ≥ 90 %, both of two ≥ 80 %, false presence ≤ 5 %)
    200 different captions drawn by the grammar of the training data from the held-out combinations
    (pairs of objects, objects on a ground), painted from two noises each (seeds 0 to 399), 30 steps of
    the model's own sampler, guidance 4. A
    small convolutional network, the judge, says which of the words are in each picture (p ≥ 0.5). It
    was trained on true scenes only (of all combinations: who is examined is the painter) and has
    never seen a generated picture. An object of the prompt counts as present if the judge sees it;
    "both" are pictures of two-object prompts in which it sees both; false presence is the share of
    all (picture, object or thing in the sky that was not asked for) that it sees, and beside it the
    share of pictures with any. Intervals are Wilson's 95 %, pictures taken as independent. The judge's
    own recall and precision on 500 true held-out scenes stand beside it: under 98 % for objects and
    things, the figure is void. The judge says what a picture resembles: it does not mind a second
    star or a cat with two tails. How well objects are drawn is counted under memorisation.
localisation (goal: 60 % mean IoU over three SNRs)
    500 true held-out scenes, encoded, noised to SNR 0.1, 1 and 10 with fixed noise; one forward pass
    with the caption. The 16 × 16 cross-attention maps (the largest) are averaged over heads, layers
    and the tokens of a word, divided by their maximum, enlarged bilinearly to 128 × 128 and cut at
    one threshold for all words and levels, chosen on 100 training scenes. Overlap (intersection over
    union) with the exact mask of what is visible of the word; mean over the scenes of a word, then
    over words; interval by drawing the scenes again 500 times. Baselines: uniformly random 16 × 16
    maps and one centred square, each with its one number chosen on the same training scenes. Masks
    never enter training.
reconstruction (goal: 32 dB)
    500 true held-out scenes through the autoencoder (mode of the posterior), PSNR over 0..1 pixels.
memorisation (no goal: said plainly)
    For every painted picture the nearest of the training scenes, by root mean square difference of
    32 × 32 pixels; for comparison the same for true held-out scenes. A copy is a picture nearer than
    99 of 100 true held-out scenes. What is copied is the drawing: the best correlation of a picture
    with any of the two drawings of its object (flipped or not, turned, scaled, anywhere), against the
    same for true scenes and for drawings of other words. `faithful` are the painted objects that fit
    a drawing of theirs as well as 95 of 100 true ones do: well drawn, and copied. `named` are those
    that fit their own drawing better than the drawings of all other words: a second opinion on what
    was painted, without any training; of true scenes beside it.
recognition (goal: control words < 5 %)
    For 40 of the painted prompts the recogniser looks at every decoded x0. A word is recognised at the
    first step with p ≥ 0.8 held for three steps. Controls are all words of the vocabulary that the
    prompt neither says nor means. The median step stands beside that of the judge, who has never seen
    an unfinished picture.
"""
