"""TRL's own self-distillation losses, of a part of it that warns when it is imported."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from trl.experimental.sdpo import loss_utils

compute_divergence = loss_utils.compute_divergence
over_every_word = loss_utils.compute_full_logit_self_distillation_loss
over_likeliest_words = loss_utils.compute_topk_self_distillation_loss
with_capped_ratio = loss_utils.apply_importance_sampling_clipping
