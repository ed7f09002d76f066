"""Where each kind of model lives that a file may contain."""

HOMES = {
    "TableModel": "koubai.models.table_model",
    "TableClassifier": "koubai.models.as_estimator.classifier",
    "TableRegressor": "koubai.models.as_estimator.regressor",
    "ImageModel": "koubai.models.of_images.image_model",
    "ConvClassifier": "koubai.estimators.convolution.classifier",
    "ConvRegressor": "koubai.estimators.convolution.regressor",
    "MLPClassifier": "koubai.estimators.classifier",
    "MLPRegressor": "koubai.estimators.regressor",
    "Neocognitron": "koubai.estimators.neocognitron.estimator",
    "Perceptron": "koubai.estimators.perceptron",
    "Pipeline": "koubai.models.kept.pipelines:KeptPipeline",
}
"""The module of each kind of model a file may contain; loading a file imports nothing else."""
